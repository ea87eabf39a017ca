.process.user = { uid: 1000, gid: 1000, additionalGids: [5, 44], umask: 63 } | .process.cwd = "/home"
