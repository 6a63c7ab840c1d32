//! Writes view files for the frame times of the web client (`npm run bench` in `web/`):
//! `cargo run -p solid --example view_levels -- FOLDER`.

use std::error::Error;
use std::f64::consts::PI;
use std::path::PathBuf;

use solid::Mesh;

/// Names of the files, and rings of the ball in each: 4 triangles for each square of the number.
const FILES: [(&str, u32); 2] = [("million", 500), ("ten-thousand", 50)];

/// Faces of the ball, with an edge between each two.
const FACES: u32 = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write to")?);
    for (name, rings) in FILES {
        let mesh = ball(rings);
        std::fs::write(folder.join(format!("{name}.view")), mesh.to_view())?;
        println!("{name}: {} triangles", mesh.triangles.len());
    }
    Ok(())
}

/// A ball of radius 1 with waves on it, in faces from pole to pole.
fn ball(rings: u32) -> Mesh {
    let columns = rings * 2;
    let mut mesh = Mesh::default();
    for row in 0..=rings {
        for column in 0..=columns {
            let a = f64::from(row) / f64::from(rings) * PI;
            // The last column lies on the first.
            let b = f64::from(column % columns) / f64::from(columns) * 2.0 * PI;
            let radius = 1.0 + 0.04 * (9.0 * a).sin() * (8.0 * b).sin() * a.sin();
            mesh.vertices.push([a.sin() * b.cos(), a.sin() * b.sin(), a.cos()].map(|x| radius * x));
        }
    }
    for row in 0..rings {
        for column in 0..columns {
            let low = row * (columns + 1) + column;
            let high = low + columns + 1;
            mesh.triangles.extend([[low, high, low + 1], [low + 1, high, high + 1]]);
            mesh.face_of_triangle.extend([column * FACES / columns; 2]);
        }
    }
    mesh.edges = (0..FACES)
        .map(|edge| (0..=rings).map(|row| row * (columns + 1) + edge * columns / FACES).collect())
        .collect();
    mesh
}
