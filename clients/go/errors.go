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

// The errors of the watcher, to be compared with errors.Is. docs/errors.md of the watcher says what to do about each.
var (
	ErrStateMalformed              = &Error{Code: "STATE_MALFORMED"}
	ErrStateDimensions             = &Error{Code: "STATE_DIMENSIONS"}
	ErrFundsChanged                = &Error{Code: "FUNDS_CHANGED"}
	ErrLockMismatch                = &Error{Code: "LOCK_MISMATCH"}
	ErrIndexMapInvalid             = &Error{Code: "INDEX_MAP_INVALID"}
	ErrChallengeDurationOutOfRange = &Error{Code: "CHALLENGE_DURATION_OUT_OF_RANGE"}
	ErrVirtualChannelInvalid       = &Error{Code: "VIRTUAL_CHANNEL_INVALID"}
	ErrStateTooLarge               = &Error{Code: "STATE_TOO_LARGE"}
	ErrTreeTooLarge                = &Error{Code: "TREE_TOO_LARGE"}
	ErrChannelIDMismatch           = &Error{Code: "CHANNEL_ID_MISMATCH"}
	ErrSignatureCount              = &Error{Code: "SIGNATURE_COUNT"}
	ErrSignatureInvalid            = &Error{Code: "SIGNATURE_INVALID"}
	ErrVersionStale                = &Error{Code: "VERSION_STALE"}
	ErrVersionConflict             = &Error{Code: "VERSION_CONFLICT"}
	ErrStateAfterFinal             = &Error{Code: "STATE_AFTER_FINAL"}
	ErrChannelUnknown              = &Error{Code: "CHANNEL_UNKNOWN"}
	ErrParentUnknown               = &Error{Code: "PARENT_UNKNOWN"}
	ErrParentRequired              = &Error{Code: "PARENT_REQUIRED"}
	ErrParentNotAllowed            = &Error{Code: "PARENT_NOT_ALLOWED"}
	ErrSubChannelsWatched          = &Error{Code: "SUB_CHANNELS_WATCHED"}
	ErrWatchEnded                  = &Error{Code: "WATCH_ENDED"}
	ErrWatcherClosed               = &Error{Code: "WATCHER_CLOSED"}
	ErrStoreStaleWrite             = &Error{Code: "STORE_STALE_WRITE"}
	ErrStoreOfAnotherLedger        = &Error{Code: "STORE_OF_ANOTHER_LEDGER"}
	ErrStoreFailed                 = &Error{Code: "STORE_FAILED", Retryable: true}
	ErrStoreLocked                 = &Error{Code: "STORE_LOCKED", Retryable: true}
	ErrStoreClosed                 = &Error{Code: "STORE_CLOSED"}
	ErrStoreFull                   = &Error{Code: "STORE_FULL", Retryable: true}
	ErrStoreAccessDenied           = &Error{Code: "STORE_ACCESS_DENIED", Retryable: true}
	ErrStoreNotAStore              = &Error{Code: "STORE_NOT_A_STORE"}
	ErrStoreNotEmpty               = &Error{Code: "STORE_NOT_EMPTY"}
	ErrStoreNewerFormat            = &Error{Code: "STORE_NEWER_FORMAT"}
	ErrStoreCorrupt                = &Error{Code: "STORE_CORRUPT"}
	ErrExportInvalid               = &Error{Code: "EXPORT_INVALID"}
	ErrChainUnreachable            = &Error{Code: "CHAIN_UNREACHABLE", Retryable: true}
	ErrChainMismatch               = &Error{Code: "CHAIN_MISMATCH"}
	ErrChainDataInvalid            = &Error{Code: "CHAIN_DATA_INVALID", Retryable: true}
	ErrRPCRefused                  = &Error{Code: "RPC_REFUSED", Retryable: true}
	ErrTracingUnsupported          = &Error{Code: "TRACING_UNSUPPORTED", Retryable: true}
	ErrRegisterReverted            = &Error{Code: "REGISTER_REVERTED", Retryable: true}
	ErrDeadlinePassed              = &Error{Code: "DEADLINE_PASSED"}
	ErrAccountUnderfunded          = &Error{Code: "ACCOUNT_UNDERFUNDED", Retryable: true}
	ErrBudgetExceeded              = &Error{Code: "BUDGET_EXCEEDED", Retryable: true}
	ErrTransactionReplaced         = &Error{Code: "TRANSACTION_REPLACED", Retryable: true}
	ErrConnectionLost              = &Error{Code: "CONNECTION_LOST", Retryable: true}
	ErrConnectionRefused           = &Error{Code: "CONNECTION_REFUSED", Retryable: true}
	ErrProtocolVersion             = &Error{Code: "PROTOCOL_VERSION"}
	ErrProtocolViolation           = &Error{Code: "PROTOCOL_VIOLATION"}
	ErrMessageTooLarge             = &Error{Code: "MESSAGE_TOO_LARGE"}
	ErrOverloaded                  = &Error{Code: "OVERLOADED", Retryable: true}
	ErrRateLimited                 = &Error{Code: "RATE_LIMITED", Retryable: true}
	ErrQuotaExceeded               = &Error{Code: "QUOTA_EXCEEDED", Retryable: true}
	ErrPublishSuperseded           = &Error{Code: "PUBLISH_SUPERSEDED"}
	ErrReceiptInvalid              = &Error{Code: "RECEIPT_INVALID"}
	ErrServerFailed                = &Error{Code: "SERVER_FAILED", Retryable: true}
	ErrPlaintextRefused            = &Error{Code: "PLAINTEXT_REFUSED"}
	ErrAddressUnusable             = &Error{Code: "ADDRESS_UNUSABLE"}
	ErrOptionInvalid               = &Error{Code: "OPTION_INVALID"}
	ErrChannelSettled              = &Error{Code: "CHANNEL_SETTLED"}
)

// kinds are all of them.
var kinds = []*Error{
	ErrStateMalformed, ErrStateDimensions, ErrFundsChanged, ErrLockMismatch, ErrIndexMapInvalid,
	ErrChallengeDurationOutOfRange, ErrVirtualChannelInvalid, ErrStateTooLarge, ErrTreeTooLarge, ErrChannelIDMismatch,
	ErrSignatureCount, ErrSignatureInvalid, ErrVersionStale, ErrVersionConflict, ErrStateAfterFinal, ErrChannelUnknown,
	ErrParentUnknown, ErrParentRequired, ErrParentNotAllowed, ErrSubChannelsWatched, ErrWatchEnded, ErrWatcherClosed,
	ErrStoreStaleWrite, ErrStoreOfAnotherLedger, ErrStoreFailed, ErrStoreLocked, ErrStoreClosed, ErrStoreFull,
	ErrStoreAccessDenied, ErrStoreNotAStore, ErrStoreNotEmpty, ErrStoreNewerFormat, ErrStoreCorrupt, ErrExportInvalid,
	ErrChainUnreachable, ErrChainMismatch, ErrChainDataInvalid, ErrRPCRefused, ErrTracingUnsupported, ErrRegisterReverted,
	ErrDeadlinePassed, ErrAccountUnderfunded, ErrBudgetExceeded, ErrTransactionReplaced, ErrConnectionLost,
	ErrConnectionRefused, ErrProtocolVersion, ErrProtocolViolation, ErrMessageTooLarge, ErrOverloaded, ErrRateLimited,
	ErrQuotaExceeded, ErrPublishSuperseded, ErrReceiptInvalid, ErrServerFailed, ErrPlaintextRefused, ErrAddressUnusable,
	ErrOptionInvalid, ErrChannelSettled,
}
