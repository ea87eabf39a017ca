.process.oomScoreAdj = 500 | .process.noNewPrivileges = false
