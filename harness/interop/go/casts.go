package main

import (
	"context"
	"math/big"
	"testing"

	clienttest "perun.network/go-perun/client/test"
)

// roleMalloryCarol: five payments, of which Mallory denies all.
func roleMalloryCarol(ctx context.Context, s *stage) error {
	return s.perform(ctx, cast{
		names:  [2]string{"Mallory", "Carol"},
		first:  func(t *testing.T, r clienttest.RoleSetup) clienttest.Executer { return clienttest.NewMallory(t, r) },
		second: func(t *testing.T, r clienttest.RoleSetup) clienttest.Executer { return clienttest.NewCarol(t, r) },
		script: func(base clienttest.BaseExecConfig) clienttest.ExecConfig {
			return &clienttest.MalloryCarolExecConfig{
				BaseExecConfig: base, NumPayments: [2]int{5, 0}, TxAmounts: [2]*big.Int{wei(20), wei(0)},
			}
		},
		newest: 5,
		paid:   [2]int64{0, 200},
	})
}

// roleDisputeSusieTim: a payment in the ledger channel and one in its sub-channel, of which Susie denies the latter. They come
// while the watches are just beginning.
func roleDisputeSusieTim(ctx context.Context, s *stage) error {
	return s.perform(ctx, cast{
		names: [2]string{"DisputeSusie", "DisputeTim"},
		first: func(t *testing.T, r clienttest.RoleSetup) clienttest.Executer {
			return clienttest.NewDisputeSusie(t, r)
		},
		second: func(t *testing.T, r clienttest.RoleSetup) clienttest.Executer { return clienttest.NewDisputeTim(t, r) },
		script: func(base clienttest.BaseExecConfig) clienttest.ExecConfig {
			return &clienttest.DisputeSusieTimExecConfig{
				BaseExecConfig: base, SubChannelFunds: [2]*big.Int{wei(10), wei(10)}, TxAmount: wei(1),
			}
		},
		newest: 1,
		paid:   [2]int64{98, 102},
	})
}
