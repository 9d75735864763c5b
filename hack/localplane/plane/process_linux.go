package plane

import "syscall"

// attributes has the kernel kill the process when its owner dies, SIGKILL included.
// A process group of its own keeps Ctrl-C in a terminal from reaching the process
// before the owner, who stops all of them in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
