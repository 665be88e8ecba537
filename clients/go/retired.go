package perunwatcher

import "perun.network/go-perun/channel"

// maxRetired is how many sessions that are over are remembered.
const maxRetired = 256

// retired has the sessions that are over, the newest of each channel: the watcher may ask for one of their states, and
// somebody may ask what became of them.
type retired struct {
	sessions map[channel.ID]*session
	order    []*session
}

func (r *retired) get(id channel.ID) *session { return r.sessions[id] }

func (r *retired) add(s *session) {
	if r.sessions == nil {
		r.sessions = map[channel.ID]*session{}
	}
	r.sessions[s.id] = s
	r.order = append(r.order, s)
	if len(r.order) > maxRetired {
		oldest := r.order[0]
		r.order = r.order[1:]
		if r.sessions[oldest.id] == oldest {
			delete(r.sessions, oldest.id)
		}
	}
}
