package perunwatcher

import (
	"fmt"
	"strings"
	"time"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// Error is an error of the watcher or of this client. Compare it with the errors of this package:
//
//	errors.Is(err, perunwatcher.ErrChannelUnknown)
type Error struct {
	// Code is stable, unlike the texts.
	Code string
	// Message and Details are for people.
	Message string
	Details []string
	// Retryable says that the same call may succeed later.
	Retryable bool
	// RetryAfter is how long to wait before that, at least; zero if the watcher did not say.
	RetryAfter time.Duration

	cause error
}

// Error returns the code, the message and the details.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Code)
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	for _, detail := range e.Details {
		text.WriteString(" " + detail)
	}
	return text.String()
}

// Is reports whether the target is an error with the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Unwrap returns what caused the error, if anything.
func (e *Error) Unwrap() error { return e.cause }

// because makes an error of the given kind.
func because(kind *Error, cause error, message string, details ...string) *Error {
	return &Error{Code: kind.Code, Retryable: kind.Retryable, Message: message, Details: details, cause: cause}
}

func invalidOption(format string, values ...any) *Error {
	return because(ErrOptionInvalid, nil, fmt.Sprintf(format, values...))
}

// violation is what the watcher did that the protocol does not allow.
func violation(format string, values ...any) *Error {
	return because(ErrProtocolViolation, nil, "The watcher sent what the protocol does not allow.", fmt.Sprintf(format, values...))
}

func fromWire(e *watcherpb.Error) *Error {
	return &Error{
		Code:       e.GetCode(),
		Message:    e.GetMessage(),
		Details:    e.GetDetails(),
		Retryable:  e.GetRetryable(),
		RetryAfter: time.Duration(e.GetRetryAfterMs()) * time.Millisecond,
	}
}

// isRepeated reports whether a refused request is repeated until it succeeds. A full quota is not worth repeating although
// it is marked retryable: somebody has to hear of it and act.
func isRepeated(e *Error) bool { return e.Retryable && e.Code != ErrQuotaExceeded.Code }
