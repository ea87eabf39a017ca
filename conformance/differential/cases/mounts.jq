.mounts += [
	{ destination: "/data/ro", type: "bind", source: $volume, options: ["rbind", "ro", "nosuid", "nodev", "noexec"] },
	{ destination: "/data/rw", type: "bind", source: $volume, options: ["bind", "rw"] },
	{ destination: "/data/slave", type: "bind", source: $volume, options: ["rbind", "rslave"] },
	{ destination: "/data/private", type: "bind", source: $volume, options: ["rbind", "rprivate", "noatime"] },
	{ destination: "/data/file", type: "bind", source: ($volume + "/file"), options: ["bind", "ro"] },
	{ destination: "/data/tmp", type: "tmpfs", source: "tmpfs", options: ["size=1m", "mode=700", "nosuid", "strictatime"] },
	{ destination: "/new/deep/place", type: "tmpfs", source: "memory", options: ["ro", "nr_inodes=100"] } ]
