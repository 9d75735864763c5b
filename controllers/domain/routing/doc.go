// Package routing chooses how a parcel travels: by land, sea or air, on which lanes of
// which carriers, and in which order the doors of the last mile are called at.
//
// A network has a node for each place and one for the customer; its edges are the
// lanes that take the goods. Choose looks for the best route of at most MaxHops lanes
// by label setting: a label is a way to a place with what it costs, when nine of ten
// parcels are there, and how many of a million are damaged. A label is dropped if
// another one at the same place is as good in all of that, and in the number of lanes;
// labels are taken in the order of the best that could become of them, so that the
// first one that is taken at the customer is the best of all. That holds because every
// objective grows with each of the three, and because who hands over earlier never
// leaves later.
package routing
