// SPDX-FileCopyrightText: The swarm.learning authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The workload attestor "swarm" for SPIRE 1.x: what kind of node asks, as the selector swarm:node-type:KIND.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/spiffe/spire-plugin-sdk/pluginmain"
	workloadattestorv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/agent/workloadattestor/v1"
	configv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/service/common/config/v1"
)

// In the environment of a node's processes: its image sets it, or whoever makes the container.
var variable = []byte("swarm_node_type=")

type swarm struct {
	workloadattestorv1.UnimplementedWorkloadAttestorServer
	configv1.UnimplementedConfigServer
}

func (swarm) Attest(_ context.Context, request *workloadattestorv1.AttestRequest) (*workloadattestorv1.AttestResponse, error) {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", request.Pid))
	if err != nil {
		return nil, err
	}
	response := &workloadattestorv1.AttestResponse{}
	for _, setting := range bytes.Split(environment, []byte{0}) {
		if kind, is := bytes.CutPrefix(setting, variable); is && len(kind) > 0 {
			response.SelectorValues = append(response.SelectorValues, "node-type:"+string(kind))
		}
	}
	return response, nil
}

func (swarm) Configure(context.Context, *configv1.ConfigureRequest) (*configv1.ConfigureResponse, error) {
	return &configv1.ConfigureResponse{}, nil
}

func (swarm) Validate(context.Context, *configv1.ValidateRequest) (*configv1.ValidateResponse, error) {
	return &configv1.ValidateResponse{Valid: true}, nil
}

func main() {
	pluginmain.Serve(workloadattestorv1.WorkloadAttestorPluginServer(swarm{}), configv1.ConfigServiceServer(swarm{}))
}
