.root.readonly = true | .linux.rootfsPropagation = "slave"
