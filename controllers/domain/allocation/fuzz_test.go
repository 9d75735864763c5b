package allocation

import "testing"

// Whatever the snapshot, plans keep their promises. Each byte is one choice in how
// it is built.
func FuzzAllocate(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x01\x01\x02\x03\x00\x05\x01\x01\x00\x00\x01\x02\x03\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("the quick brown fox jumps over the lazy dog, and the order is sent from two locations"))
	f.Add([]byte("\x08\x07\x06\x05\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		demands, supplies := snapshot(func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return int(b) % n
		})
		check(t, demands, supplies, Allocate(demands, supplies))
	})
}
