//! fewshot
