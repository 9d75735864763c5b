// Package condition keeps the conditions that every kind shares. Ready,
// Reconciling and Stalled follow kstatus and are always set together, so that
// kubectl, Flux, Argo CD and Helm read the same from them.
package condition

import (
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// MaxMessage is the length of a condition's message in bytes.
const MaxMessage = 256

// Set writes conditions for one generation of an object.
type Set struct {
	Conditions *[]metav1.Condition
	Generation int64
	Now        time.Time
}

// Ready says that the controller and people have nothing to do now.
func (s Set) Ready(reason, message string) {
	s.summary(metav1.ConditionTrue, reason, message, "")
}

// Reconciling says that a write or call is due.
func (s Set) Reconciling(reason, message string) {
	s.summary(metav1.ConditionFalse, reason, message, v1.ConditionReconciling)
}

// Stalled says that a person is needed.
func (s Set) Stalled(reason, message string) {
	s.summary(metav1.ConditionFalse, reason, message, v1.ConditionStalled)
}

func (s Set) summary(ready metav1.ConditionStatus, reason, message, also string) {
	s.Set(v1.ConditionReady, ready, reason, message)
	for _, t := range []string{v1.ConditionReconciling, v1.ConditionStalled} {
		if t == also {
			s.Set(t, metav1.ConditionTrue, reason, message)
		} else {
			meta.RemoveStatusCondition(s.Conditions, t)
		}
	}
}

// Set writes one condition; its transition time moves only when its status does.
func (s Set) Set(conditionType string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(s.Conditions, metav1.Condition{
		Type: conditionType, Status: status, Reason: reason, Message: truncate(message),
		ObservedGeneration: s.Generation, LastTransitionTime: metav1.NewTime(s.Now).Rfc3339Copy(),
	})
}

// Keep writes a condition that is True while it holds, and removes it otherwise.
func (s Set) Keep(conditionType string, holds bool, reason, message string) {
	if holds {
		s.Set(conditionType, metav1.ConditionTrue, reason, message)
	} else {
		meta.RemoveStatusCondition(s.Conditions, conditionType)
	}
}

// True and False write a condition that always stands.
func (s Set) True(conditionType, reason, message string) {
	s.Set(conditionType, metav1.ConditionTrue, reason, message)
}

// False writes a condition that always stands.
func (s Set) False(conditionType, reason, message string) {
	s.Set(conditionType, metav1.ConditionFalse, reason, message)
}

func truncate(m string) string {
	if len(m) <= MaxMessage {
		return m
	}
	cut := MaxMessage - len("…")
	for cut > 0 && !utf8.RuneStart(m[cut]) {
		cut--
	}
	return m[:cut] + "…"
}
