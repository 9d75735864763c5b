package v1alpha1

// Weekday is a day of the week.
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// Date is a day, such as 2026-12-25.
// +kubebuilder:validation:Pattern=`^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-9]))$`
// +kubebuilder:validation:MaxLength=10
type Date string

// Calendar says on which days a company works.
type Calendar struct {
	// timeZone of the days and of the cutoffs, as in the IANA time zone database,
	// such as Asia/Shanghai.
	// +optional
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]+([A-Za-z0-9_+/-]*[A-Za-z0-9])?$`
	TimeZone string `json:"timeZone,omitempty"`
	// days of the week on which parcels are taken; without any it is every day.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// closed are the days on which none are, such as public holidays.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	Closed []Date `json:"closed,omitempty"`
}

// Mode is how a parcel travels.
// +kubebuilder:validation:Enum=Land;Sea;Air
type Mode string

const (
	// ModeLand is by road or rail.
	ModeLand Mode = "Land"
	// ModeSea is by ship.
	ModeSea Mode = "Sea"
	// ModeAir is by plane.
	ModeAir Mode = "Air"
)

// DeliveryObjective is what the best route is.
// +kubebuilder:validation:Enum=Cheapest;Balanced;Fastest
type DeliveryObjective string

const (
	// ObjectiveCheapest is the least cost of those that keep the promise.
	ObjectiveCheapest DeliveryObjective = "Cheapest"
	// ObjectiveBalanced is the least sum of cost, expected penalty for being late and
	// expected damage.
	ObjectiveBalanced DeliveryObjective = "Balanced"
	// ObjectiveFastest is the earliest arrival.
	ObjectiveFastest DeliveryObjective = "Fastest"
)

// Lane is a connection on which a carrier takes parcels, at a price for each parcel.
// +kubebuilder:validation:XValidation:rule="!has(self.to.place) || self.to.place != self.from",message="a lane ends at another place than it begins at",fieldPath=".to.place"
type Lane struct {
	// id of the lane within the carrier.
	// +required
	ID Identifier `json:"id"`
	// mode of transport.
	// +required
	Mode Mode `json:"mode"`
	// from is where it begins: a location of StockItems, or the place at which another
	// lane ends.
	// +required
	From Identifier `json:"from"`
	// to is where it ends.
	// +required
	To LaneEnd `json:"to"`
	// transitHours is how long a parcel is on it, loading and unloading included.
	// +required
	TransitHours TransitHours `json:"transitHours"`
	// cost of each parcel.
	// +required
	Cost LaneCost `json:"cost"`
	// cutoff is the time of day until which a parcel that is handed over leaves the
	// same day, in the time zone of the carrier's calendar, such as 18:00. Without one
	// it leaves at once.
	// +optional
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	Cutoff string `json:"cutoff,omitempty"`
	// maxParcelGrams is the most that one parcel weighs; without it there is no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000000000
	MaxParcelGrams *int64 `json:"maxParcelGrams,omitempty"`
	// forbids are the traits of products that it does not take.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=6
	Forbids []Trait `json:"forbids,omitempty"`
	// handles are the traits that it is equipped for. Products of ColdChain travel only
	// on lanes that handle it, and Hazmat by Air only on those that handle Hazmat.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=6
	Handles []Trait `json:"handles,omitempty"`
	// damagePpm is how many of a million parcels are damaged on it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	DamagePpm int32 `json:"damagePpm,omitempty"`
}

// Place is where lanes end and others go on. It is no longer than the location of a
// carrier's event, which tells of it.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=40
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`
type Place string

// LaneEnd is where a lane ends: a place from which other lanes go on, or an area in
// which it takes parcels to the door.
// +kubebuilder:validation:XValidation:rule="has(self.place) != has(self.area)",message="a lane ends at a place or in an area; state one of them"
type LaneEnd struct {
	// place from which other lanes go on.
	// +optional
	Place Place `json:"place,omitempty"`
	// area in which customers get their parcels. Where several areas of a carrier hold
	// the address of a customer, on lanes of one mode from one place, those that say
	// more exactly where alone count.
	// +optional
	Area *Area `json:"area,omitempty"`
}

// Area is a country, a region of it, or a city. Names are compared with those in the
// address of the Order, upper and lower case alike.
// +kubebuilder:validation:XValidation:rule="!has(self.city) || has(self.region)",message="a city needs its region, or cities of one name are mistaken for each other",fieldPath=".region"
type Area struct {
	// country is an ISO 3166-1 alpha-2 code such as CN or DE.
	// +required
	// +kubebuilder:validation:MaxLength=2
	// +kubebuilder:validation:Pattern=`^[A-Z]{2}$`
	Country string `json:"country"`
	// region is the province or state; without one the area is the whole country.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Region string `json:"region,omitempty"`
	// city or town; without one the area is the whole region.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	City string `json:"city,omitempty"`
}

// TransitHours is how long something takes, as a distribution.
// +kubebuilder:validation:XValidation:rule="self.p50 <= self.p90",message="p90 is at least p50: nine of ten take as long or less",fieldPath=".p90"
type TransitHours struct {
	// p50 hours are enough for half of the parcels.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8760
	P50 int32 `json:"p50"`
	// p90 hours are enough for nine of ten.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8760
	P90 int32 `json:"p90"`
}

// LaneCost is the price of one parcel: fixed, and perKg for each begun kilogram of
// its mass or, if that is more, of its volume divided by volumetricDivisor.
type LaneCost struct {
	// currency of the price; parcels of Orders in other currencies do not travel on
	// the lane, since nobody says at which rate.
	// +required
	Currency Currency `json:"currency"`
	// fixed part for each parcel, in minor units of the currency.
	// +optional
	Fixed Amount `json:"fixed,omitempty"`
	// perKg for each begun kilogram, in minor units of the currency.
	// +optional
	PerKg Amount `json:"perKg,omitempty"`
	// volumetricDivisor is how many cubic centimetres count as a kilogram; without it
	// the volume does not count. 5000 and 6000 are common by Air.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	VolumetricDivisor *int32 `json:"volumetricDivisor,omitempty"`
}
