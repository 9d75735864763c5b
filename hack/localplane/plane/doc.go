// Package plane runs a Kubernetes control plane on this machine: etcd,
// kube-apiserver and kube-controller-manager as ordinary processes on 127.0.0.1,
// without containers and without root. Tests, benchmarks and the localplane
// command use it.
//
// It is a real API server (RBAC, CRDs, admission policies, server-side apply) with
// the controllers that an operator leans on: garbage collection of owned objects,
// deletion of namespaces and aggregation of ClusterRoles. There is no scheduler and
// no kubelet, so Pods never run.
//
// envtest, the usual way to do this, starts only etcd and kube-apiserver, and hides
// how it starts them. Two promises of this package need to own that:
//
//   - No orphans. Each process asks the kernel to be killed when its owner dies
//     (Linux, process_linux.go), and inherits a locked file, so that a later start
//     knows that nothing of the earlier plane is left (dir.go).
//   - No lost race for a port. Ports are reserved before the processes start and
//     stay reserved as long as the plane runs (ports.go).
//
// What envtest has to offer beside that, such as envtest.InstallCRDs, works with the
// Config of a Plane.
//
// Anyone who may log in to this machine can reach etcd, which has no
// authentication: keep nothing in a plane that is worth stealing.
package plane
