package perunwatcher

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"regexp"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Security says by what this client recognises its watcher, and who this client is to the watcher.
type Security struct {
	// ServerKey is the hash of the watcher's public key, as PublicKeyHash gives it. Nothing else of its certificate counts.
	// Empty: the certificate has to be valid for the address.
	ServerKey string
	// Authorities vouch for the watcher's certificate if there is no ServerKey. Nil: those of the system.
	Authorities *x509.CertPool

	// Certificate is the identity of this client: the watcher knows it by its public key. Any will do, see GenerateKeys.
	Certificate *tls.Certificate
	// Token is the identity of a client without a certificate, as the operator of the watcher gave it.
	Token string

	// Plaintext does without TLS.
	Plaintext Plaintext
	// Client is the name of this client at the watcher, with Plaintext and without Token. The watcher takes it on trust.
	Client string
}

// Plaintext says where messages may travel without TLS.
type Plaintext string

// Whether and where to do without TLS.
const (
	// PlaintextNever is the default: always TLS.
	PlaintextNever Plaintext = ""
	// PlaintextLoopback refuses every address but loopback.
	PlaintextLoopback Plaintext = "loopback"
	// PlaintextAnywhere lets everybody on the network path read and change all messages and impersonate any client.
	PlaintextAnywhere Plaintext = "anybody-can-read-and-change-messages"
)

var (
	hashPattern  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	tokenPattern = regexp.MustCompile(`^([A-Za-z0-9_-][A-Za-z0-9._-]{0,63})\.[A-Za-z0-9_-]{43}$`)
)

func (s Security) check(address string) error {
	switch {
	case s.ServerKey != "" && !hashPattern.MatchString(s.ServerKey):
		return invalidOption("Security.ServerKey must have 64 lower-case hexadecimal digits.")
	case s.Token != "" && !tokenPattern.MatchString(s.Token):
		return invalidOption("Security.Token is the name of the client, a dot, and 43 characters of Base64url.")
	case s.Token != "" && s.Certificate != nil:
		return invalidOption("Security takes a Certificate or a Token, not both.")
	case s.Plaintext == PlaintextNever:
		return s.checkTLS()
	case s.Plaintext != PlaintextLoopback && s.Plaintext != PlaintextAnywhere:
		return invalidOption("Security.Plaintext is none of its constants.")
	case s.Plaintext == PlaintextLoopback && !isLoopback(address):
		return because(ErrPlaintextRefused, nil, "Messages without TLS would leave this machine.", "Address "+address+".")
	case s.Token == "" && s.Client == "":
		return invalidOption("Security needs a Client or a Token.")
	}
	return nil
}

func (s Security) checkTLS() error {
	if s.Token == "" && s.Certificate == nil {
		return invalidOption("Security needs a Certificate or a Token.")
	}
	if s.Certificate != nil && len(s.Certificate.Certificate) == 0 {
		return invalidOption("Security.Certificate is empty.")
	}
	return nil
}

// clientName is how the watcher names this client.
func (s Security) clientName() (string, error) {
	switch {
	case s.Token != "":
		return "token:" + tokenPattern.FindStringSubmatch(s.Token)[1], nil
	case s.Plaintext != PlaintextNever:
		return "plain:" + s.Client, nil
	}
	hash, err := hashOfFirst(s.Certificate)
	if err != nil {
		return "", because(ErrOptionInvalid, err, "Security.Certificate cannot be read.")
	}
	return "tls:" + hash, nil
}

// headers are what the call carries.
func (s Security) headers() map[string]string {
	switch {
	case s.Token != "":
		return map[string]string{"authorization": "Bearer " + s.Token}
	case s.Plaintext != PlaintextNever:
		return map[string]string{"perun-watcher-client": s.Client}
	}
	return nil
}

// credentials are those of one connection. A handshake with somebody else is told to onStranger, because gRPC passes
// errors on as text only.
func (s Security) credentials(onStranger func(*Error)) credentials.TransportCredentials {
	if s.Plaintext != PlaintextNever {
		return insecure.NewCredentials()
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: s.Authorities}
	if s.Certificate != nil {
		config.Certificates = []tls.Certificate{*s.Certificate}
	}
	if s.ServerKey != "" {
		// Only the key counts, and it is compared before anything is sent.
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if found := PublicKeyHash(state.PeerCertificates[0]); found != s.ServerKey {
				stranger := because(ErrConnectionLost, nil, "Somebody else answers at the address of the watcher.",
					"The public key there: "+found+".", "That of the watcher: "+s.ServerKey+".")
				onStranger(stranger)
				return stranger
			}
			return nil
		}
	}
	return credentials.NewTLS(config)
}

// PublicKeyHash is the SHA-256 of the public key of a certificate, by which client and watcher know each other.
func PublicKeyHash(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

func hashOfFirst(certificate *tls.Certificate) (string, error) {
	parsed, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		return "", err
	}
	return PublicKeyHash(parsed), nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}
