package plane

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	// ContextName is the context of every kubeconfig of a plane.
	ContextName = "ordercycle-local"
	// kubeconfigPrefix starts the name of every kubeconfig in a plane's directory.
	kubeconfigPrefix = "kubeconfig"
)

// Identity is a user as the API server sees it. system:masters among the groups
// means every right; anyone else has those that RBAC grants.
type Identity struct {
	Name   string
	Groups []string
}

// kubeconfig writes a client configuration in the form that kubectl reads.
func kubeconfig(config *rest.Config, user string) ([]byte, error) {
	content, err := clientcmd.Write(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{ContextName: {
			Server:                   config.Host,
			CertificateAuthorityData: config.CAData,
		}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{user: {
			ClientCertificateData: config.CertData,
			ClientKeyData:         config.KeyData,
		}},
		Contexts: map[string]*clientcmdapi.Context{ContextName: {
			Cluster: ContextName, AuthInfo: user, Namespace: "default",
		}},
		CurrentContext: ContextName,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the kubeconfig of %q: %w", user, err)
	}
	return content, nil
}
