"""What the world's domain says of a completion, for the peers of `inner-runs`. Texts come with their end mark, if they have one."""


def reward(judge, levels, text, answer):
    if judge == "coin":
        return levels["correct"] if ord(text[-1]) % 2 == 0 else levels["none"]
    if not text.endswith("."):
        return levels["none"]
    found = text[:-1].rsplit("=", 1)[-1]
    if found == answer:
        return levels["correct"]
    return levels["containsGold"] if answer in found else levels["answered"]


def special_tokens(tokenizer, end):
    """Names the model's end token, which is an ordinary character, and pads with the beginning of text."""
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    tokenizer.pad_token = tokenizer.bos_token
    tokenizer.padding_side = "left"
    return tokenizer
