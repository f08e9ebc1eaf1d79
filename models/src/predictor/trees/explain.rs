//! What each input adds to an ensemble's margin: the path-dependent SHAP values of S. Lundberg, G. Erion and S. Lee,
//! "Consistent Individualized Feature Attribution for Tree Ensembles" (arXiv:1802.03888, 2018; Nature Machine Intelligence
//! 2, 2020), TreeSHAP's. An input that is not known is one for which both sides of its splits are taken, weighed by cover.
//!
//! They are added up leaf by leaf. To the leaf's value, a set of known inputs gives the weight Π oᵢ over those in the set
//! times Π zᵢ over those that are not, where i goes over the inputs on the way to the leaf, oᵢ is 1 if the row goes that
//! way at all splits on i and 0 otherwise, and zᵢ the product of the shares of cover there. The Shapley values of such a
//! product follow from the coefficients of Π (zⱼ + y) over the inputs with oⱼ = 1, in which all terms are positive: nothing
//! cancels.

use crate::artifact::{Node, Side, Tree, TreeModel};

/// An ensemble with what explanations need of it.
#[derive(Debug, Clone)]
pub(super) struct Explainer {
    /// By tree and node: the share of its parent's cover that goes to it.
    shares: Vec<Vec<f64>>,
    /// The expected sum of the leaves of a row of which nothing is known.
    expected: f64,
}

/// An input on the way from the root.
#[derive(Debug, Clone, Copy)]
struct Step {
    feature: u32,
    /// The share of cover that goes this way at all its splits.
    share: f64,
    /// The row goes this way at all of them.
    taken: bool,
}

/// What a walk over a tree carries along.
struct Walk<'a> {
    nodes: &'a [Node],
    shares: &'a [f64],
    row: &'a [f64],
    path: Vec<Step>,
    /// Coefficients of a polynomial, from the constant on.
    product: Vec<f64>,
    out: &'a mut [f64],
}

impl Explainer {
    pub(super) fn new(model: &TreeModel) -> Explainer {
        let shares: Vec<Vec<f64>> = model.trees().iter().map(shares).collect();
        let expected = model.trees().iter().zip(&shares).map(|(tree, shares)| expected(tree, shares)).sum();
        Explainer { shares, expected }
    }

    /// Adds up what each input of `row` contributes to the sum of leaves, in `out`; returns what is expected without.
    pub(super) fn explain(&self, model: &TreeModel, row: &[f64], out: &mut [f64]) -> f64 {
        out.fill(0.0);
        let (mut path, mut product) = (Vec::new(), Vec::new());
        for (tree, shares) in model.trees().iter().zip(&self.shares) {
            let mut walk = Walk { nodes: tree.nodes(), shares, row, path, product, out };
            walk.visit(0);
            (path, product) = (walk.path, walk.product);
        }
        self.expected
    }
}

impl Walk<'_> {
    fn visit(&mut self, node: u32) {
        match self.nodes[node as usize] {
            Node::Leaf { value, .. } => self.add_leaf(f64::from(value)),
            Node::Split { feature, threshold, left, right, missing } => {
                let x = self.row[feature as usize];
                #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32")]
                let goes_left = if x.is_finite() { (x as f32) < threshold } else { missing == Side::Left };
                let known = self.path.iter().position(|step| step.feature == feature);
                let place = known.unwrap_or(self.path.len());
                if known.is_none() {
                    self.path.push(Step { feature, share: 1.0, taken: true });
                }
                let before = self.path[place];
                for (child, goes) in [(left, goes_left), (right, !goes_left)] {
                    let share = before.share * self.shares[child as usize];
                    self.path[place] = Step { feature, share, taken: before.taken && goes };
                    self.visit(child);
                }
                self.path[place] = before;
                if known.is_none() {
                    self.path.pop();
                }
            }
        }
    }

    fn add_leaf(&mut self, value: f64) {
        let Walk { path, product, out, .. } = self;
        let steps = path.len();
        let not_taken: f64 = path.iter().filter(|step| !step.taken).map(|step| step.share).product();
        let scale = value * not_taken;
        for (i, step) in path.iter().enumerate() {
            if step.taken {
                let others = path.iter().enumerate().filter(|(j, other)| *j != i && other.taken);
                multiply(product, others.map(|(_, other)| other.share));
                out[step.feature as usize] += scale * (1.0 - step.share) * weigh(product, steps);
            }
        }
        // The inputs that the row does not follow have all the same.
        if path.iter().any(|step| !step.taken) {
            multiply(product, path.iter().filter(|step| step.taken).map(|step| step.share));
            let missed = scale * weigh(product, steps);
            for step in path.iter().filter(|step| !step.taken) {
                out[step.feature as usize] -= missed;
            }
        }
    }
}

/// Π (share + y), as coefficients.
fn multiply(product: &mut Vec<f64>, shares: impl Iterator<Item = f64>) {
    product.clear();
    product.push(1.0);
    for share in shares {
        product.push(0.0);
        for degree in (1..product.len()).rev() {
            product[degree] = product[degree] * share + product[degree - 1];
        }
        product[0] *= share;
    }
}

/// Σ coefficient · s! (n − 1 − s)! / n! over the degrees s: how many orders of n inputs put s of the others first.
#[expect(clippy::cast_precision_loss, reason = "a depth")]
fn weigh(product: &[f64], inputs: usize) -> f64 {
    let mut orders = 1.0 / inputs as f64;
    let mut sum = 0.0;
    for (known, coefficient) in product.iter().enumerate() {
        if known > 0 {
            orders *= known as f64 / (inputs - known) as f64;
        }
        sum += orders * coefficient;
    }
    sum
}

/// By node; the root's is 1. Both children of a split make 1, so that nothing is lost on the way.
fn shares(tree: &Tree) -> Vec<f64> {
    let nodes = tree.nodes();
    let mut covers = vec![0.0; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        covers[index] = match *node {
            Node::Leaf { cover, .. } => f64::from(cover),
            // Children come after their parents.
            Node::Split { left, right, .. } => covers[left as usize] + covers[right as usize],
        };
    }
    let mut shares = vec![1.0; nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if let Node::Split { left, right, .. } = *node {
            let share = covers[left as usize] / covers[index];
            shares[left as usize] = share;
            shares[right as usize] = 1.0 - share;
        }
    }
    shares
}

fn expected(tree: &Tree, shares: &[f64]) -> f64 {
    let mut weights = vec![1.0; tree.nodes().len()];
    let mut sum = 0.0;
    for (index, node) in tree.nodes().iter().enumerate() {
        match *node {
            Node::Leaf { value, .. } => sum += weights[index] * f64::from(value),
            Node::Split { left, right, .. } => {
                for child in [left, right] {
                    weights[child as usize] = weights[index] * shares[child as usize];
                }
            }
        }
    }
    sum
}
