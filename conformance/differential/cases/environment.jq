.process.env = ["PATH=/bin", "EMPTY=", "SPACE=a b", "TWICE=1", "TWICE=2", "HOME=/data"] | .hostname = "other"
