/** How the Hugging Face hub is reached. Plain data; what is left out comes from the environment, as with the hub's other clients. */
export interface HubOptions {
  /** Root of the cache, in the layout that all clients of the hub share. Default HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub. */
  readonly cacheDir?: string;
  /** Default HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string;
  /** Default HF_TOKEN, else none. */
  readonly token?: string;
  /** Use the cache alone. Default: whether HF_HUB_OFFLINE is 1. */
  readonly offline?: boolean;
}
