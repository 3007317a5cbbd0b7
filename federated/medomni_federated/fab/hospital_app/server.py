"""ServerApp: rounds of LoRA aggregation."""

from pathlib import Path

from flwr.app import ConfigRecord, Context
from flwr.serverapp import Grid, ServerApp

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    from medomni_federated.payload import to_record
    from medomni_federated.site import initial_tensors
    from medomni_federated.strategy import LoraStrategy

    config = context.run_config
    recipe, out, model = Path(str(config["recipe"])), Path(str(config["out"])), str(config["model"]) or None
    tensors, base = initial_tensors(recipe, model=model)
    strategy = LoraStrategy(sites=int(config["sites"]), folder=out)
    strategy.start(grid, to_record(tensors), num_rounds=int(config["rounds"]), timeout=float(config["timeout"]),
                   train_config=ConfigRecord({"base_sha256": base}))
