/dev:
total 0
crw-rw-rw- 1 root root 10, 125 Nov 20 09:30 dxg
