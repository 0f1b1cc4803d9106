// SPDX-FileCopyrightText: The swarm.learning authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The workload attestor "swarm" for SPIRE 0.12: what kind of node asks, as the selector swarm:node-type:KIND.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/spiffe/spire/pkg/agent/plugin/workloadattestor"
	"github.com/spiffe/spire/pkg/common/catalog"
	"github.com/spiffe/spire/proto/spire/common"
	"github.com/spiffe/spire/proto/spire/common/plugin"
)

// In the environment of a node's processes: its image sets it, or whoever makes the container.
var variable = []byte("swarm_node_type=")

type swarm struct {
	workloadattestor.UnsafeWorkloadAttestorServer
}

func (swarm) Attest(_ context.Context, request *workloadattestor.AttestRequest) (*workloadattestor.AttestResponse, error) {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", request.Pid))
	if err != nil {
		return nil, err
	}
	response := &workloadattestor.AttestResponse{}
	for _, setting := range bytes.Split(environment, []byte{0}) {
		if kind, is := bytes.CutPrefix(setting, variable); is && len(kind) > 0 {
			response.Selectors = append(response.Selectors, &common.Selector{Type: "swarm", Value: "node-type:" + string(kind)})
		}
	}
	return response, nil
}

func (swarm) Configure(context.Context, *plugin.ConfigureRequest) (*plugin.ConfigureResponse, error) {
	return &plugin.ConfigureResponse{}, nil
}

func (swarm) GetPluginInfo(context.Context, *plugin.GetPluginInfoRequest) (*plugin.GetPluginInfoResponse, error) {
	return &plugin.GetPluginInfoResponse{}, nil
}

func main() {
	catalog.PluginMain(catalog.MakePlugin("swarm", workloadattestor.PluginServer(swarm{})))
}
