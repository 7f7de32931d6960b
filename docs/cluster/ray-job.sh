#!/usr/bin/env bash
# SkyRL as a job of a Ray cluster of several nodes. The server's workers and engines spread over the cluster by placement groups.
#
#   soar serve-skyrl --print --model /shared/models/Llama-3.3-70B-Instruct --gpus 8 --nodes 4 --tensor-parallel 8 \
#     --host 0.0.0.0 --state /shared/skyrl-state --database-url postgresql://soar@db/tinker --config my.yaml > serve.sh
#   RAY=http://head:8265 SKYRL=/shared/SkyRL bash docs/cluster/ray-job.sh serve.sh
#
# The cluster before it, without a cluster manager:
#   head:    ray start --head --port 6379 --dashboard-host 0.0.0.0
#   others:  ray start --address head:6379
# Every node needs the model's folder, the clone of SkyRL and --state at the same place: a shared file system.
set -euo pipefail
: "${RAY:?address of the Ray dashboard, as in http://head:8265}" "${SKYRL:?folder of the clone of SkyRL, the same on every node}"
script=$(realpath "${1:?the script that soar serve-skyrl --print wrote}")

ray job submit --address "$RAY" --no-wait --submission-id soar-skyrl \
  --entrypoint-num-cpus 4 \
  -- bash -c "cd '$SKYRL' && exec bash '$script' --again"

echo "follow:  ray job logs --address $RAY --follow soar-skyrl"
echo "stop:    ray job stop --address $RAY soar-skyrl"
