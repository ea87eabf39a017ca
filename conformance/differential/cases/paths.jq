.root.readonly = false | .linux.maskedPaths = ["/etc/passwd", "/sys/kernel"] | .linux.readonlyPaths = ["/home", "/proc/sys"]
