.linux.devices = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 1000, gid: 5 },
	{ path: "/dev/sub/pipe", type: "p", fileMode: 384 }]
| .linux.resources.devices = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 10, minor: 229, access: "rwm" },
	{ allow: true, type: "b", major: 7, access: "r" }]
