.process.capabilities = (["CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_CHROOT"] as $some
	| { bounding: $some, effective: $some, permitted: $some })
