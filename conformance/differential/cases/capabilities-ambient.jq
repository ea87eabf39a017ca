.process.user = { uid: 1000, gid: 1000 }
| .process.capabilities = (["CAP_NET_BIND_SERVICE", "CAP_KILL"] as $some
	| { bounding: $some, effective: $some, permitted: $some, inheritable: $some, ambient: ["CAP_NET_BIND_SERVICE"] })
