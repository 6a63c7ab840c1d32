// Triangles on the boundary.
#include "shim.hpp"

#include <BRepBuilderAPI_Copy.hxx>
#include <BRepMesh_IncrementalMesh.hxx>
#include <BRep_Tool.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>

struct solid_mesh {
  double *vertices; // x y z of each
  size_t vertex_count;
  uint32_t *triangles; // three corners of each, counter-clockwise seen from outside
  uint32_t *faces;     // the face of each
  size_t triangle_count;
  uint32_t *lines; // corners along the edges, one edge after the other
  size_t line_count;
  uint32_t *line_ends; // for each edge the end of its corners in `lines`
  size_t edge_count;
};

namespace {

/// Collects faces; vertices are not yet shared between them.
struct Collector {
  std::vector<double> vertices;
  std::vector<uint32_t> triangles;
  std::vector<uint32_t> faces;
  std::vector<std::vector<uint32_t>> lines;

  void face(const TopoDS_Face &face, uint32_t index, const TopTools_IndexedMapOfShape &edges) {
    TopLoc_Location place;
    const Handle(Poly_Triangulation) mesh = BRep_Tool::Triangulation(face, place);
    if (mesh.IsNull()) {
      throw shim::Refused("a face could not be divided into triangles");
    }
    const uint32_t base = static_cast<uint32_t>(vertices.size() / 3);
    for (int i = 1; i <= mesh->NbNodes(); ++i) {
      const gp_Pnt at = mesh->Node(i).Transformed(place.Transformation());
      vertices.insert(vertices.end(), {at.X(), at.Y(), at.Z()});
    }
    const bool turned = face.Orientation() == TopAbs_REVERSED;
    for (int i = 1; i <= mesh->NbTriangles(); ++i) {
      int a = 0, b = 0, c = 0;
      mesh->Triangle(i).Get(a, b, c);
      if (turned) {
        std::swap(b, c);
      }
      for (int corner : {a, b, c}) {
        triangles.push_back(base + static_cast<uint32_t>(corner) - 1);
      }
      faces.push_back(index);
    }
    for (TopExp_Explorer edge(face, TopAbs_EDGE); edge.More(); edge.Next()) {
      line(TopoDS::Edge(edge.Current()), mesh, place, base,
           lines[static_cast<size_t>(edges.FindIndex(edge.Current())) - 1]);
    }
  }

private:
  static void line(const TopoDS_Edge &edge, const Handle(Poly_Triangulation) & mesh,
                   const TopLoc_Location &place, uint32_t base, std::vector<uint32_t> &out) {
    if (!out.empty() || BRep_Tool::Degenerated(edge)) {
      return;
    }
    const Handle(Poly_PolygonOnTriangulation) polygon =
        BRep_Tool::PolygonOnTriangulation(edge, mesh, place);
    if (polygon.IsNull()) {
      return;
    }
    for (int i = 1; i <= polygon->NbNodes(); ++i) {
      out.push_back(base + static_cast<uint32_t>(polygon->Node(i)) - 1);
    }
  }
};

} // namespace

extern "C" {

void solid_mesh_drop(solid_mesh *mesh) {
  std::free(mesh->vertices);
  std::free(mesh->triangles);
  std::free(mesh->faces);
  std::free(mesh->lines);
  std::free(mesh->line_ends);
  *mesh = solid_mesh{};
}

int solid_tessellate(const solid_shape *shape, double linear, double angular,
                     const solid_watch *watch, solid_mesh *out, char **error) {
  *out = solid_mesh{};
  return shim::guarded(error, [&] {
    // The mesher writes into the shape, and refines what it finds there: on a copy the result
    // depends on the shape and the deflections alone.
    const TopoDS_Shape copy =
        BRepBuilderAPI_Copy(shape->shape, Standard_True, Standard_False).Shape();
    Handle(shim::Watch) indicator = new shim::Watch(watch);
    BRepMesh_IncrementalMesh mesher;
    mesher.SetShape(copy);
    mesher.ChangeParameters().Deflection = linear;
    mesher.ChangeParameters().Angle = angular;
    mesher.ChangeParameters().InParallel = Standard_False;
    mesher.Perform(indicator->Start());
    if (indicator->stopped()) {
      throw shim::Cancelled();
    }
    TopTools_IndexedMapOfShape faces, edges;
    TopExp::MapShapes(copy, TopAbs_FACE, faces);
    TopExp::MapShapes(copy, TopAbs_EDGE, edges);
    Collector all;
    all.lines.resize(static_cast<size_t>(edges.Extent()));
    for (int i = 1; i <= faces.Extent(); ++i) {
      all.face(TopoDS::Face(faces(i)), static_cast<uint32_t>(i) - 1, edges);
    }
    std::vector<uint32_t> lines, ends;
    for (const std::vector<uint32_t> &line : all.lines) {
      lines.insert(lines.end(), line.begin(), line.end());
      ends.push_back(static_cast<uint32_t>(lines.size()));
    }
    out->vertices = shim::released(all.vertices);
    out->vertex_count = all.vertices.size() / 3;
    out->triangles = shim::released(all.triangles);
    out->faces = shim::released(all.faces);
    out->triangle_count = all.faces.size();
    out->lines = shim::released(lines);
    out->line_count = lines.size();
    out->line_ends = shim::released(ends);
    out->edge_count = ends.size();
  });
}

} // extern "C"
