package main

import "context"

// scenarios by their names; the list that the runner plays is in src/scenarios.ts.
var scenarios = map[string]scenario{
	"cooperative-ledger":     cooperativeLedger,
	"cooperative-sub":        subCooperative,
	"ledger-old-state":       ledgerOldState,
	"old-state-withdrawn":    malloryCannotWithdraw,
	"role-mallory-carol":     roleMalloryCarol,
	"role-dispute-susie-tim": roleDisputeSusieTim,
	"role-petra-robert":      rolePetraRobert,
	"sub-old-state":          subOldState,
	"nested-old-state":       nestedOldState,
	"virtual-far-party":      virtualFarParty,
	"virtual-hub-cheats":     virtualHubCheats,
	"virtual-hub":            virtualHub,
	"forced-updates":         forcedUpdates,
	"forced-by-victim":       forcedByVictim,
	"forced-sub":             forcedSub,
	"client-shut-down":       clientShutDown,
	"client-killed":          clientKilled,
	"client-restored":        clientRestored,
	"client-restored-sub":    clientRestoredWithSub,
	"daemon-killed":          daemonKilled,
	"store-lost":             storeLost,
	"node-cut":               nodeCut,
	"reorg":                  reorged,
	"twenty-clients":         twentyClients,
}

// duo sets up a cheater, an honest party and a ledger channel between them.
func (s *stage) duo(ctx context.Context) (*pair, error) {
	honest, err := s.honest(ctx, "Carol")
	if err != nil {
		return nil, err
	}
	cheater, err := s.cheater(ctx, "Mallory")
	if err != nil {
		return nil, err
	}
	return s.ledger(ctx, cheater, honest, 100, 100)
}

// cooperativeLedger: nobody cheats, and the watcher sends nothing.
func cooperativeLedger(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	if err := ledger.pays(ctx, 10); err != nil {
		return err
	}
	return ledger.closes(ctx, 90, 110)
}

// closes the ledger channel in agreement, and sees what each is paid, and that the watcher sent nothing.
func (of *pair) closes(ctx context.Context, cheater, honest int64) error {
	if err := of.finalises(ctx); err != nil {
		return err
	}
	if err := of.settle(ctx); err != nil {
		return err
	}
	s := of.cheater.stage
	if err := s.paidOut(ctx, map[*party]int64{of.cheater: cheater, of.honest: honest}); err != nil {
		return err
	}
	return s.sent(ctx, 0)
}

// ledgerOldState: an old state of a ledger channel.
func ledgerOldState(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	old := ledger.now()
	for range 3 {
		if err := ledger.pays(ctx, 10); err != nil {
			return err
		}
	}
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 3); err != nil {
		return err
	}
	return ledger.settled(ctx, 70, 130)
}
