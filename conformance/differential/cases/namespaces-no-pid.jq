.linux.namespaces |= map(select(.type != "pid"))
