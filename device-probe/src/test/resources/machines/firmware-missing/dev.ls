/dev/dri:
total 0
crw-rw---- 1 root render 226, 128 Nov 20 09:30 renderD128
