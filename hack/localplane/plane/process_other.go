//go:build !linux

package plane

import "syscall"

// attributes cannot tie the process to its owner's life here, as only Linux does
// that: if the owner is killed, the next start in the same directory says what to end.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
