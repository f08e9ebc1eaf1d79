mod reference;
mod simulated;
mod verdict;
