# What an engine wrote, made to run here: its rootfs, the sources of its binds, the namespaces that it joins and its hooks are
# replaced by ours, and so is the program. All the rest is as it was written.
def program: .args = $default[0].process.args | .terminal = false | del(.apparmorProfile, .selinuxLabel);
if .mounts then
	.process |= program
	| .root.path = "rootfs"
	| .linux.cgroupsPath = $cgroup
	| del(.linux.mountLabel)
	| .mounts |= map(if .type != "bind" or .destination == "/sys" then .
		elif .destination | test("^/(dev|v)") then .source = $volume else .source = $volume + "/file" end)
	| if .linux.namespaces | any(.type == "user" and .path) then .linux.namespaces |= map(del(.path)) else . end
	| (.linux.namespaces[] | select(.path)) |= (.path |= sub("^.*/"; $joined + "/"))
	| (.linux.namespaces[] | select(.path and .type == "network")) |= (.path = $joined + "/net")
	| if .linux.namespaces | any(.type == "user") then
		.linux.uidMappings //= [{ containerID: 0, hostID: 100000, size: 65536 }] | .linux.gidMappings //= .linux.uidMappings
	  else . end
	| if .hooks then .hooks |= map_values(map(.path = "/bin/true" | .args = ["true"])) else . end
elif .args then program
else . end
