"""ServerApp: rounds of LoRA aggregation."""

import signal
from pathlib import Path

from flwr.app import ConfigRecord, Context
from flwr.serverapp import Grid, ServerApp

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """All rounds from the adapter that the run's folder holds, or a fresh one."""
    from medomni_federated.ledger import round_file
    from medomni_federated.orphans import end_with_parent

    end_with_parent(signal.SIGKILL)  # before torch is loaded
    from medomni_federated.payload import to_record
    from medomni_federated.site import initial_tensors
    from medomni_federated.strategy import LoraStrategy

    config = context.run_config
    recipe, out, model = Path(str(config["recipe"])), Path(str(config["out"])), str(config["model"]) or None
    done = int(config["done"])
    tensors, base = initial_tensors(recipe, model=model, after=round_file(out, done) if done else None)
    strategy = LoraStrategy(sites=int(config["sites"]), folder=out, done=done)
    strategy.start(grid, to_record(tensors), num_rounds=int(config["rounds"]) - done, timeout=float(config["timeout"]),
                   train_config=ConfigRecord({"base_sha256": base}))
