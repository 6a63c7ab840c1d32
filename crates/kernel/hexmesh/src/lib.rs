//! Graded Cartesian meshes from triangulated solids.
