"""The peer of `inner-runs` in TRL: RLOOTrainer, gradient checkpointing, bf16 and the KL term off; default threading.

    python trl_rloo.py MODEL_FOLDER

A request is one inner run: see `peerRequest` in bench/students.mjs. Only `train()` is timed, not the trainer's construction.
"""
import sys
import tempfile
import time

import torch
import transformers
import trl
from datasets import Dataset, disable_progress_bars
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import RLOOConfig, RLOOTrainer

from judging import reward, special_tokens
from rounds import serve

folder = sys.argv[1]
transformers.logging.set_verbosity_error()
disable_progress_bars()
end = AutoModelForCausalLM.from_pretrained(folder).generation_config.eos_token_id
tokenizer = special_tokens(AutoTokenizer.from_pretrained(folder), end)


def run(request):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    o, sampled, rewards = request["optimizer"], 0, []

    def judge(completion_ids, answer, **_):
        nonlocal sampled
        sampled += sum(len(ids) for ids in completion_ids)
        texts = ["".join(tokenizer.convert_ids_to_tokens(ids)) for ids in completion_ids]
        found = [float(reward(request["judge"], request["rewards"], text, gold)) for text, gold in zip(texts, answer)]
        rewards.append(sum(found) / len(found))
        return found

    with tempfile.TemporaryDirectory() as out:
        settings = RLOOConfig(
            output_dir=out,
            max_steps=request["steps"],
            per_device_train_batch_size=request["promptsPerStep"] * request["groupSize"],
            gradient_accumulation_steps=1,
            num_generations=request["groupSize"],
            max_completion_length=request["maxNewTokens"],
            temperature=1.0,
            beta=0.0,
            gradient_checkpointing=False,
            bf16=False,
            learning_rate=o["learningRate"],
            lr_scheduler_type="constant",
            adam_beta1=o["beta1"],
            adam_beta2=o["beta2"],
            adam_epsilon=o["epsilon"],
            weight_decay=o["weightDecay"],
            max_grad_norm=o["maxGradNorm"],
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            seed=1,
        )
        trainer = RLOOTrainer(
            model=model, reward_funcs=judge, args=settings, train_dataset=Dataset.from_list(request["dataset"]),
            processing_class=tokenizer,
        )
        start = time.perf_counter()
        trainer.train()
        return {"seconds": time.perf_counter() - start, "sampled": sampled, "rewards": rewards}


serve(f"TRL {trl.__version__} on PyTorch {torch.__version__}, {torch.get_num_threads()} threads", run)
