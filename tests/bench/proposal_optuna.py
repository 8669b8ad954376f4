"""proposal_optuna.py PARAMETERS OBSERVATIONS: how long Optuna's TPE takes for a proposal; called by `proposal`."""
import random
import statistics
import sys
import time
import warnings

REPETITIONS = 25


def main():
    try:
        import optuna
    except ImportError:
        print("optuna: not installed, skipped (RUNG_PYTHON names a Python that has it)")
        return
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    n_params, n_observations = int(sys.argv[1]), int(sys.argv[2])
    kinds = [IntDistribution(32, 256), IntDistribution(1, 4), CategoricalDistribution([1, 2, 4]),
             FloatDistribution(0.1, 0.9), IntDistribution(128, 1024, log=True)]
    space = {f"p{j}": kinds[j % 5] for j in range(n_params)}
    warnings.simplefilter("ignore")  # multivariate is called experimental
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=1, multivariate=True, n_ei_candidates=64)
    study = optuna.create_study(sampler=sampler)
    rng = random.Random(1)
    for _ in range(n_observations):
        params = {}
        for name, d in space.items():
            if isinstance(d, CategoricalDistribution):
                params[name] = rng.choice(d.choices)
            elif isinstance(d, IntDistribution):
                params[name] = rng.randint(d.low, d.high)
            else:
                params[name] = rng.uniform(d.low, d.high)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=rng.random()))
    times = []
    for _ in range(REPETITIONS):
        begun = time.process_time()
        trial = study.ask(space)
        study.tell(trial, rng.random() + 1)
        times.append(time.process_time() - begun)
    print(f"optuna {optuna.__version__}: {n_params} parameters, {n_observations} observations: "
          f"{statistics.median(times) * 1e6:.1f} microseconds_per_proposal")


main()
