del(.process.capabilities)
