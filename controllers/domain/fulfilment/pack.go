package fulfilment

import (
	"cmp"
	"slices"
	"strconv"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Units are alike units of one line of an Order.
type Units struct {
	Line     v1.Identifier
	Quantity v1.Quantity
	// Unit describes each of them; nil if nothing is known of it.
	Unit *v1.UnitTraits
}

// parcel is one that is being packed.
type parcel struct {
	v1.Parcel
	kind kind
}

// Packing is how units are packed.
type Packing struct {
	Parcels []v1.Parcel
	// TooLarge are the lines of which one unit alone does not fit into a box. They are
	// in no parcel.
	TooLarge []v1.Identifier
	// TooMany says that more than v1.MaxParcels would be needed; the rest is in none.
	TooMany bool
}

// apart are the traits of products that are packed only with their like.
var apart = []v1.Trait{v1.TraitHazmat, v1.TraitColdChain, v1.TraitFragile, v1.TraitOversize}

// kind is a set of the traits apart: what is packed together is of one kind.
type kind int

func kindOf(u *v1.UnitTraits) kind {
	var k kind
	if u != nil {
		for i, t := range apart {
			if slices.Contains(u.Traits, t) {
				k |= 1 << i
			}
		}
	}
	return k
}

func (k kind) has(t v1.Trait) bool { return k&(1<<slices.Index(apart, t)) != 0 }

// Pack packs units into parcels, first fit decreasing (D. S. Johnson 1973): the largest
// units first, each into the first parcel of its kind that has room. Large is what
// takes the greater part of a box, by mass or by volume. A parcel has units of at most
// v1.MaxParcelLines lines. Oversize units are each a parcel of their own, whatever the
// box is. The same units always give the same parcels.
func Pack(units []Units, box v1.Box) Packing {
	var p packer
	sorted := slices.Clone(units)
	slices.SortFunc(sorted, func(a, b Units) int {
		return cmp.Or(cmp.Compare(share(b.Unit, box), share(a.Unit, box)), cmp.Compare(a.Line, b.Line), unlike(a.Unit, b.Unit))
	})
	for _, u := range sorted {
		if u.Quantity > 0 && !p.add(u, box) && !slices.Contains(p.TooLarge, u.Line) {
			p.TooLarge = append(p.TooLarge, u.Line)
		}
	}
	slices.Sort(p.TooLarge)
	for i := range p.parcels {
		p.parcels[i].ID = v1.Identifier(strconv.Itoa(i + 1))
		p.Parcels = append(p.Parcels, p.parcels[i].Parcel)
	}
	return p.Packing
}

// packer is a packing under way.
type packer struct {
	Packing
	parcels []parcel
}

// share is the part of a box that a unit takes, in millionths.
func share(u *v1.UnitTraits, box v1.Box) int64 {
	if u == nil {
		return 0
	}
	return max(part(u.MassGrams, box.MaxMassGrams), part(u.VolumeCm3, box.MaxVolumeCm3))
}

// unlike sorts units of one line that come from several places.
func unlike(a, b *v1.UnitTraits) int {
	a, b = cmp.Or(a, &v1.UnitTraits{}), cmp.Or(b, &v1.UnitTraits{})
	return cmp.Or(cmp.Compare(a.MassGrams, b.MassGrams), cmp.Compare(a.VolumeCm3, b.VolumeCm3), slices.Compare(a.Traits, b.Traits))
}

func part(of, all int64) int64 {
	if all == 0 {
		return 0
	}
	return of * 1_000_000 / all // at most 10^9 * 10^6
}

// add packs alike units, and says whether one of them fits into a box at all.
func (p *packer) add(u Units, box v1.Box) bool {
	k := kindOf(u.Unit)
	one := k.has(v1.TraitOversize)
	if one {
		box = v1.Box{}
	}
	empty := parcel{kind: k}
	if empty.room(u.Unit, box) == 0 {
		return false
	}
	for i := 0; u.Quantity > 0; i++ {
		if i == len(p.parcels) {
			if len(p.parcels) == v1.MaxParcels {
				p.TooMany = true
				return true
			}
			p.parcels = append(p.parcels, empty)
		}
		parcel := &p.parcels[i]
		if parcel.kind != k || !parcel.takes(u.Line) {
			continue
		}
		fit := min(u.Quantity, parcel.room(u.Unit, box))
		if one {
			fit = min(fit, 1-parcel.units())
		}
		if fit > 0 {
			parcel.put(u, fit)
			u.Quantity -= fit
		}
	}
	return true
}

// room is how many units more fit into a parcel.
func (p *parcel) room(u *v1.UnitTraits, box v1.Box) v1.Quantity {
	room := v1.Quantity(v1.MaxQuantity)
	if u == nil {
		return room
	}
	for _, x := range []struct{ one, used, all int64 }{{u.MassGrams, p.MassGrams, box.MaxMassGrams}, {u.VolumeCm3, p.VolumeCm3, box.MaxVolumeCm3}} {
		if x.one > 0 && x.all > 0 {
			room = min(room, v1.Quantity((x.all-x.used)/x.one))
		}
	}
	return room
}

// takes says whether units of a line may go into a parcel, by the number of its lines.
func (p *parcel) takes(line v1.Identifier) bool {
	return len(p.Lines) < v1.MaxParcelLines || slices.ContainsFunc(p.Lines, func(l v1.ParcelLine) bool { return l.Line == line })
}

func (p *parcel) units() v1.Quantity {
	var q v1.Quantity
	for _, l := range p.Lines {
		q += l.Quantity
	}
	return q
}

func (p *parcel) put(u Units, q v1.Quantity) {
	if i := slices.IndexFunc(p.Lines, func(l v1.ParcelLine) bool { return l.Line == u.Line }); i >= 0 {
		p.Lines[i].Quantity += q
	} else {
		p.Lines = append(p.Lines, v1.ParcelLine{Line: u.Line, Quantity: q})
	}
	if u.Unit == nil {
		return
	}
	p.MassGrams += times(u.Unit.MassGrams, q)
	p.VolumeCm3 += times(u.Unit.VolumeCm3, q)
	for _, t := range u.Unit.Traits {
		if !slices.Contains(p.Traits, t) {
			p.Traits = append(p.Traits, t)
		}
	}
	slices.Sort(p.Traits)
}

// times multiplies what a unit has; it stops at what no box holds, so that the sum of all
// lines of a parcel is still a number that every JSON reader holds exactly.
func times(one int64, q v1.Quantity) int64 {
	const most = v1.MaxAmount / 1024
	if one > 0 && int64(q) > most/one {
		return most
	}
	return one * int64(q)
}
