#!/usr/bin/python3
"""Holds the order of `boxcar explain --format json` against what strace saw of init (strace -f -s 256 -o TRACE).

usage: order.py PLAN.json TRACE

Every inside op that always makes a call of its own is looked for in the trace, from the place where the one before was found. What is
not found in that order is printed; the exit code is then 1."""
import json
import re
import sys


def quoted(text):
    return re.escape('"%s"' % text)


def last(path):
    return quoted(path.rstrip('/').rsplit('/', 1)[-1])


# op -> the pattern of a call that carries it out
CALLS = {
    'keyring': lambda op: r'keyctl\(KEYCTL_JOIN_SESSION_KEYRING, "_ses\.',
    'hostname': lambda op: r'sethostname\(' + quoted(op['name']),
    'domainname': lambda op: r'setdomainname\(' + quoted(op['name']),
    'loopback': lambda op: r'ioctl\(\d+, SIOCSIFFLAGS',
    'propagation': lambda op: r'mount\(NULL, "/", NULL, MS_',
    'root': lambda op: r'openat\(AT_FDCWD, ' + quoted(op['path']),
    'mount': lambda op: r'(fsopen\(|mount\([^,]*, "\.", )' + quoted(op['type']),
    'bind': lambda op: r'open_tree\(AT_FDCWD, ' + quoted(op['source']),
    'unshare': lambda op: r'unshare\(CLONE_NEW',
    'device': lambda op: r'mknodat\(\d+, ' + last(op['path']),
    'link': lambda op: r'symlinkat\(' + quoted(op['target']),
    'readonly': lambda op: r'openat2\(\d+, ' + quoted(op['path']),
    'mask': lambda op: r'openat2\(\d+, ' + quoted(op['path']),
    'pivot': lambda op: r'pivot_root\(',
    'cwd': lambda op: r'chdir\(' + quoted(op['path']),
    'rlimit': lambda op: r'prlimit64\(0, ' + op['name'],
    'umask': lambda op: r'umask\(0?%s\)' % op['mask'],
    'user': lambda op: r'setresuid\(%s,' % op['uid'],
    'caps': lambda op: r'capset\(',
    'no_new_privs': lambda op: r'prctl\(PR_SET_NO_NEW_PRIVS, 1',
    'commit': lambda op: r'recvfrom\(',
    'start': lambda op: r'accept4\(',
    'seccomp': lambda op: r'seccomp\(SECCOMP_SET_MODE_FILTER',
    'exec': lambda op: r'execve\("[^"]*", \[' + quoted(op['args'][0]),
}


def main():
    plan = json.load(open(sys.argv[1]))
    lines = open(sys.argv[2], errors='replace').read().splitlines()
    inside = [op for op in plan if op['side'] == 'inside']
    if [op['side'] for op in plan] != ['outside'] * (len(plan) - len(inside)) + ['inside'] * len(inside):
        print('the outside ops do not come first')
        return 1
    at, found, missing = 0, 0, 0
    # seccomp and exec: the filter is mapped where its op stands, and loaded right before the exec
    for op in inside:
        if op['op'] not in CALLS:
            continue
        pattern = re.compile(CALLS[op['op']](op))
        place = next((n for n in range(at, len(lines)) if pattern.search(lines[n])), None)
        if place is None:
            print('not found after line %d: %s %s' % (at, op['op'], pattern.pattern))
            missing += 1
            continue
        at, found = place + 1, found + 1
    print('%d ops found in the order of the plan' % found)
    return 1 if missing or found < 20 else 0


sys.exit(main())
