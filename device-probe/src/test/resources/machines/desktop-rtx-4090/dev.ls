/dev:
total 0
crw-rw-rw- 1 root root 195, 0 Nov 20 09:30 nvidia0
crw-rw-rw- 1 root root 195, 255 Nov 20 09:30 nvidiactl

/dev/dri:
total 0
crw-rw---- 1 root render 226, 128 Nov 20 09:30 renderD128
