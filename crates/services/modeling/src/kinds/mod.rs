//! The kinds of features, as users write them.

mod derived;
mod primitive;

pub use derived::*;
pub use primitive::*;

use base::quantity::{Length, Ratio};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every feature may say of the body that it becomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filling {
    /// Material; none inherits that of the first shape that the feature uses.
    pub material: Option<String>,
    /// Priority where bodies overlap; none inherits likewise.
    pub mesh_priority: Option<i32>,
}

/// A kind of feature.
pub trait Feature {
    /// What it says of the body that it becomes.
    fn filling(&self) -> Filling;

    /// True where the shapes that it uses stay bodies of their own.
    fn keep(&self) -> bool {
        false
    }
}

/// Defines features that are made from nothing but numbers or files.
macro_rules! primitive_kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        #[derive(Clone, Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$doc])*
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// What it is made of; `vacuum` where nothing is said.
            #[serde(default)]
            #[schemars(extend("x-reference" = "materials", "x-builtin" = ["vacuum", "pec"]))]
            pub material: Option<String>,
            /// Where bodies overlap, the one of higher priority fills the space; that of the material where
            /// nothing is said.
            #[serde(default)]
            pub mesh_priority: Option<i32>,
        }

        impl crate::kinds::Feature for $name {
            fn filling(&self) -> crate::kinds::Filling {
                crate::kinds::Filling { material: self.material.clone(), mesh_priority: self.mesh_priority }
            }
        }
    )*};
}

/// Defines features that are made from other shapes.
macro_rules! derived_kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(extend("x-rules" = [{"consumes": {"section": "geometry", "unless": "keep"}}]))]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// True: the shapes that are used stay bodies of their own. False: they are consumed.
            #[serde(default)]
            pub keep: bool,
            /// What it is made of; that of the first shape used where nothing is said.
            #[serde(default)]
            #[schemars(extend("x-reference" = "materials", "x-builtin" = ["vacuum", "pec"]))]
            pub material: Option<String>,
            /// Where bodies overlap, the one of higher priority fills the space; that of the first shape used
            /// where nothing is said.
            #[serde(default)]
            pub mesh_priority: Option<i32>,
        }

        impl crate::kinds::Feature for $name {
            fn filling(&self) -> crate::kinds::Filling {
                crate::kinds::Filling { material: self.material.clone(), mesh_priority: self.mesh_priority }
            }

            fn keep(&self) -> bool {
                self.keep
            }
        }
    )*};
}

use {derived_kinds, primitive_kinds};

/// One of the coordinate axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Along x.
    X,
    /// Along y.
    Y,
    /// Along z.
    Z,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Direction {
    /// That of an axis.
    Axis(Axis),
    /// Any, as the components of a vector of any length.
    Vector([Ratio; 3]),
}

/// Which edges of a shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Edges {
    /// Every one where two faces meet in a corner.
    All(All),
    /// For each of these points the nearest one: give the middles of the edges meant.
    Near(Vec<[Length; 3]>),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// All of them.
    All,
}

fn z() -> Direction {
    Direction::Axis(Axis::Z)
}

fn origin() -> [Length; 3] {
    [Length(0.0); 3]
}

fn zero() -> Length {
    Length(0.0)
}

fn one() -> Ratio {
    Ratio(1.0)
}

fn all_edges() -> Edges {
    Edges::All(All::All)
}
