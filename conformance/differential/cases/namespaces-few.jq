.linux.namespaces |= map(select(.type | IN("mount", "pid", "uts")))
