"""Reads a run back with MLflow's own client and prints it as JSON: `read_run.py <server> <id of the run in Fleuron>`.

A model that was registered under `flowers@latest-run` is loaded and asked about the images of stdin.
"""

import json
import sys

import mlflow
import numpy as np

server, fleuron_run = sys.argv[1:3]
mlflow.set_tracking_uri(server)
client = mlflow.MlflowClient()

experiments = client.search_experiments()
runs = client.search_runs(
    [experiment.experiment_id for experiment in experiments], f"tags.`fleuron.run` = '{fleuron_run}'"
)
run = runs[0]
parent = client.get_parent_run(run.info.run_id)


def files(of, path=None):
    for found in client.list_artifacts(of, path):
        if found.is_dir:
            yield from files(of, found.path)
        else:
            yield found.path


models = []
if hasattr(client, "search_logged_models"):
    for model in client.search_logged_models([run.info.experiment_id], f"tags.`fleuron.run` = '{fleuron_run}'"):
        names = [found.path for found in client.list_logged_model_artifacts(model.model_id)]
        models.append({"name": model.name, "status": str(model.status), "source": model.source_run_id, "files": names})

versions = client.search_model_versions("name = 'flowers'")
aliases = client.get_registered_model("flowers").aliases if versions else {}
predictions = None
images = json.load(sys.stdin)
if images:
    loaded = mlflow.pyfunc.load_model("models:/flowers@latest-run")
    predictions = {
        name: np.asarray(values).tolist()
        for name, values in loaded.predict({"image": np.asarray(images, dtype=np.float32)}).items()
    }

json.dump(
    {
        "runs": len(runs),
        "name": run.info.run_name,
        "experiment": client.get_experiment(run.info.experiment_id).name,
        "status": run.info.status,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {
            key: [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
            for key in run.data.metrics
        },
        "datasets": [
            {"name": entry.dataset.name, "digest": entry.dataset.digest, "profile": json.loads(entry.dataset.profile)}
            for entry in run.inputs.dataset_inputs
        ],
        "files": sorted(files(run.info.run_id)),
        "models": models,
        "outputs": len(run.outputs.model_outputs) if getattr(run, "outputs", None) else 0,
        "versions": [[version.version, version.run_id == run.info.run_id] for version in versions],
        "aliases": aliases,
        "parent": parent
        and {
            "name": parent.info.run_name,
            "status": parent.info.status,
            "params": parent.data.params,
            "metrics": parent.data.metrics,
            "files": sorted(files(parent.info.run_id)),
        },
        "predictions": predictions,
    },
    sys.stdout,
)
