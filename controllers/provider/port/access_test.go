package port

import (
	"net"
	"net/http"
	"testing"
)

// An address that is allowed leads to a host that is, by https, or to this machine.
func FuzzAllowed(f *testing.F) {
	for _, address := range []string{
		"https://pay.example.com/v1", "http://pay.example.com", "https://pay.example.com@evil.example.com", "https://pay.example.com:8443",
		"http://127.0.0.1:9", "http://[::1]", "//pay.example.com", "https://PAY.example.com", "https://pay.example.com%2f@evil", "\x00",
	} {
		f.Add(address)
	}
	a := &Access{Installation: "eu", Hosts: []string{"pay.example.com", "127.0.0.1", "[::1]", "::1"}}
	f.Fuzz(func(t *testing.T, address string) {
		if address == "" || a.Check(address) != nil {
			return
		}
		request, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatalf("%q is allowed, and is no address: %v", address, err)
		}
		host := request.URL.Hostname()
		ip := net.ParseIP(host)
		here := ip != nil && ip.IsLoopback()
		if (host != "pay.example.com" && !here) || (request.URL.Scheme != "https" && !here) {
			t.Fatalf("%q is allowed", address)
		}
	})
}
