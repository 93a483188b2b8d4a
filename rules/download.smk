# Archives of the Open Science Framework project.
