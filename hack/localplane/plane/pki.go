package plane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// validity bounds how long the keys of a plane that was left running are good for.
const validity = 30 * 24 * time.Hour

// clockSlack is how far certificates reach back, as a clock may be set back while the
// plane runs.
const clockSlack = time.Hour

// authority signs every certificate of one plane. A plane has one authority for
// servers and clients alike: both are on this machine and die with the plane.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// keyPair is a certificate and its private key, both in PEM.
type keyPair struct{ cert, key []byte }

func newAuthority() (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	certificate, err := cert.NewSelfSignedCACert(cert.Config{
		CommonName: "ordercycle-local",
		NotBefore:  time.Now().Add(-clockSlack),
	}, key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate of the plane's own authority: %w", err)
	}
	return &authority{certificate: certificate, key: key}, nil
}

// pem is what a client needs to trust the servers, and the API server to trust clients.
func (a *authority) pem() ([]byte, error) { return cert.EncodeCertificates(a.certificate) }

// server issues the certificate that both servers present.
func (a *authority) server() (keyPair, error) {
	return a.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

// client issues the certificate by which the API server knows a user: it reads the
// name from the common name and the groups from the organisations.
func (a *authority) client(name string, groups []string) (keyPair, error) {
	return a.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: name, Organization: groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// issue completes the template and signs it with the authority's key.
func (a *authority) issue(template *x509.Certificate) (keyPair, error) {
	fail := func(err error) (keyPair, error) {
		return keyPair{}, fmt.Errorf("issuing a certificate for %q: %w", template.Subject.CommonName, err)
	}
	key, err := newKey()
	if err != nil {
		return fail(err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return fail(err)
	}
	template.NotBefore = time.Now().Add(-clockSlack)
	template.NotAfter = time.Now().Add(validity)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return fail(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return fail(err)
	}
	var pair keyPair
	if pair.cert, err = cert.EncodeCertificates(certificate); err != nil {
		return fail(err)
	}
	if pair.key, err = keyutil.MarshalPrivateKeyToPEM(key); err != nil {
		return fail(err)
	}
	return pair, nil
}

// newKey makes an elliptic key, as an RSA key would take a noticeable part of the
// time that a plane needs to start.
func newKey() (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a private key: %w", err)
	}
	return key, nil
}
