.linux.sysctl = { "kernel.shmmax": "1000000", "kernel.msgmax": "9000", "net.ipv4.ip_forward": "1", "net.ipv4.ip_default_ttl": "33",
	"net.ipv4.ip_unprivileged_port_start": "80", "fs.mqueue.msg_max": "20" }
