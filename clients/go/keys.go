package perunwatcher

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// Keys are a private key and a certificate that it signed itself, both PEM.
type Keys struct {
	Certificate, PrivateKey []byte
}

// GenerateKeys makes the identity of a client. Keep it where the program finds it again, and give the operator of the
// watcher its hash.
func GenerateKeys() (Keys, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Keys{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Keys{}, err
	}
	// From long ago until for ever: a clock that is wrong locks nobody out.
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: "perun-watcher"},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return Keys{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Keys{}, err
	}
	return Keys{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		PrivateKey:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, nil
}

// TLS is the certificate as Security takes it.
func (k Keys) TLS() (*tls.Certificate, error) {
	certificate, err := tls.X509KeyPair(k.Certificate, k.PrivateKey)
	if err != nil {
		return nil, because(ErrOptionInvalid, nil, "Certificate and private key cannot be used together.")
	}
	return &certificate, nil
}

// Hash is what the operator of the watcher has to know to let this client in.
func (k Keys) Hash() (string, error) {
	certificate, err := k.TLS()
	if err != nil {
		return "", err
	}
	return hashOfFirst(certificate)
}
