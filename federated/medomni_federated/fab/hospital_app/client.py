"""ClientApp: one hospital's training. Paths come from the node's own configuration, never from the server."""

import signal
from pathlib import Path

from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """One round at this hospital: adapter tensors in, trained ones with a count, a loss and a time out."""
    from medomni_federated.orphans import end_with_parent

    end_with_parent(signal.SIGKILL)  # before torch is loaded
    from medomni_federated.payload import from_record, to_record
    from medomni_federated.site import train_site

    from medomni.errors import MedomniError

    node = context.node_config
    arrays = next(iter(message.content.array_records.values()))
    config = next(iter(message.content.config_records.values()))
    try:
        number, base, model = int(str(config["round"])), str(config["base_sha256"]), str(node.get("model", "")) or None
        reply = train_site(Path(str(node["recipe"])), Path(str(node["cases"])), from_record(arrays), number, base,
                           model=model)
    except Exception as exc:  # an exception's text would travel to the server verbatim: only a code leaves
        code = exc.code if isinstance(exc, MedomniError) else type(exc).__name__
        raise RuntimeError(f"site training failed: {code}") from None
    metrics = MetricRecord({"cases": reply.cases, "loss": reply.loss, "seconds": reply.seconds})
    return Message(content=RecordDict({"arrays": to_record(reply.tensors), "metrics": metrics}), reply_to=message)
