"""The server's strategy: gate, quorum, product aggregation, a checkpoint each round."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from safetensors.numpy import save_file

from medomni.errors import MedomniError
from medomni.files import replacing
from medomni_federated.aggregate import aggregate_products
from medomni_federated.ledger import leave_failure, round_file, round_rows
from medomni_federated.payload import byte_count, from_record, gate, norm_outliers, to_record


class LoraStrategy(FedAvg):
    """FedAvg's rounds with LoRA products in place of plain means.

    Args:
        sites: nodes that a round waits for; fewer valid replies make an error, never a mean over fewer.
        folder: gets ``round-N.safetensors`` and ``rounds.jsonl``.
        done: rounds of an earlier run; numbers go on after them.
        wait_s: longest wait for nodes to connect.
    """

    def __init__(self, *, sites: int, folder: Path, done: int = 0, wait_s: float = 120.0) -> None:
        super().__init__(fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=sites, min_available_nodes=sites,
                         weighted_by_key="cases")
        self.sites, self.folder, self.done, self.wait_s = sites, folder, done, wait_s
        self.sent: dict[str, Any] = {}

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord,
                        grid: Grid) -> Iterable[Message]:
        """Send the adapter to every node; error MED-F03 where too few connect in time (stock Flower waits forever)."""
        deadline = time.monotonic() + self.wait_s
        while len(nodes := sorted(grid.get_node_ids())) < self.sites:
            if time.monotonic() > deadline:
                raise leave_failure(self.folder, f"{len(nodes)} of {self.sites} sites after {self.wait_s:.0f} s")
            time.sleep(0.5)
        self.sent = from_record(arrays)
        self.begun = time.monotonic()
        config["round"] = self.done + server_round
        content = RecordDict({self.arrayrecord_key: arrays, self.configrecord_key: config})
        return self._construct_messages(content, nodes, MessageType.TRAIN)

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord, MetricRecord]:
        """Gate each reply, aggregate products, write the round; error MED-F03 below quorum."""
        server_round += self.done
        updates, weights, losses, refused = [], [], [], []
        for reply in replies:
            if reply.has_error():
                refused.append(f"node error {reply.error.code}")
                continue
            metrics = next(iter(reply.content.metric_records.values()))
            tensors = from_record(next(iter(reply.content.array_records.values())))
            try:
                gate(self.sent, tensors, metrics.get("cases"))
            except MedomniError as exc:
                refused.append(exc.detail)
                continue
            updates.append(tensors)
            weights.append(float(metrics["cases"]))  # type: ignore[arg-type]
            losses.append(float(metrics["loss"]))  # type: ignore[arg-type]
        for k in reversed(norm_outliers(updates)):
            refused.append("norm: more than ten times the median")
            del updates[k], weights[k], losses[k]
        if len(updates) < self.sites:
            raise leave_failure(self.folder, f"round {server_round}: {len(updates)} of {self.sites} sites; "
                                             f"{'; '.join(refused)}")
        merged = aggregate_products(updates, weights)
        row = {"round": server_round, "sites": len(updates), "loss": float(np.average(losses, weights=weights)),
               "truncation": round(merged.truncation, 4), "bytes_up": len(updates) * byte_count(merged.tensors),
               "bytes_down": len(updates) * byte_count(self.sent), "seconds": round(time.monotonic() - self.begun, 2)}
        with replacing(round_file(self.folder, server_round)) as beside:
            save_file(merged.tensors, str(beside))
        if any(r["round"] >= server_round for r in round_rows(self.folder)):
            raise MedomniError("MED-F05", f"round {server_round} is there already", where=self.folder)
        with open(self.folder / "rounds.jsonl", "a", encoding="utf-8") as handle:
            handle.write(json.dumps(row) + "\n")
        return to_record(merged.tensors), MetricRecord({"loss": row["loss"], "truncation": merged.truncation})
